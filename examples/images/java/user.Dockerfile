# A Java program of one's own, made in the build, as the user hello, without root in the container: http://…:8080/
ARG BASE=debian:12
FROM ${BASE}
RUN apt-get update && apt-get install -y --no-install-recommends default-jdk-headless
COPY Hello.java /src/Hello.java
RUN cd /src && javac Hello.java && jar --create --file hello.jar --main-class Hello Hello*.class

FROM ${BASE}
COPY pidone_*_amd64.deb /tmp/pidone.deb
RUN apt-get update && apt-get install -y --no-install-recommends /tmp/pidone.deb default-jre-headless \
 && rm -rf /tmp/pidone.deb /var/lib/apt/lists/* && useradd --system --home-dir /var/lib/hello hello
COPY --from=0 /src/hello.jar /usr/local/lib/hello.jar
COPY hello.service /etc/systemd/system/hello.service
# StateDirectory= of the unit, which only root could make.
RUN install -d -o hello /var/lib/hello && systemctl enable hello
EXPOSE 8080
USER hello
CMD ["/usr/bin/systemctl"]
