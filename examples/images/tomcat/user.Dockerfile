# Tomcat as the user tomcat, without root in the container: http://…:8080/
ARG BASE=debian:12
FROM ${BASE}
COPY pidone_*_amd64.deb /tmp/pidone.deb
RUN apt-get update && apt-get install -y --no-install-recommends /tmp/pidone.deb tomcat10 default-jre-headless \
 && rm -rf /tmp/pidone.deb /var/lib/apt/lists/*
RUN mkdir /var/lib/tomcat10/webapps/hello \
 && echo 'tomcat says hello to <%= request.getParameter("name") == null ? "nobody" : "somebody" %>' \
  > /var/lib/tomcat10/webapps/hello/index.jsp
# Its unit makes a directory there at each start, as root.
RUN chown tomcat /var/lib/tomcat10
EXPOSE 8080
USER tomcat
CMD ["/usr/bin/systemctl"]
