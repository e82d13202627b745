/** What is asked of the images of examples/images: rows of images.test.ts, and of the one that has Ansible make them. */

export interface Example {
  /** What its service is called. */
  readonly unit: string;
  /** A command that asks it from within the container, and what the answer has. */
  readonly ask: (isUser: boolean) => string;
  readonly answer: RegExp;
}

const http = (port: number, path = '/'): string =>
  `perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:${port}") or exit 1; ` +
  `print $s "GET ${path} HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n"; print while <$s>'`;
const web = (isUser: boolean): string => http(isUser ? 8080 : 80);

export const examples: Readonly<Record<string, Example>> = {
  apache: { unit: 'apache2', ask: web, answer: /200 OK[\s\S]*apache says hello/ },
  nginx: { unit: 'nginx', ask: web, answer: /200 OK[\s\S]*nginx says hello/ },
  postgres: {
    unit: 'postgresql@*-main.service',
    ask: () => "PGPASSWORD=secret psql -h 127.0.0.1 -U app -d app -Atc 'SELECT 6 * 7'",
    answer: /^42$/m,
  },
  redis: { unit: 'redis-server', ask: () => 'redis-cli SET a 1; redis-cli INCR a', answer: /OK\n2$/m },
  etcd: {
    unit: 'etcd',
    ask: () => 'ETCDCTL_API=3 etcdctl put answer 42 && ETCDCTL_API=3 etcdctl get answer',
    answer: /^OK\nanswer\n42$/m,
  },
  sshd: {
    unit: 'ssh',
    ask: () =>
      'mkdir -p /root/.ssh && { test -e /root/key || ssh-keygen -q -t ed25519 -N "" -f /root/key; } && ' +
      'cp /root/key.pub /root/.ssh/authorized_keys && ' +
      'ssh -q -i /root/key -o StrictHostKeyChecking=no root@127.0.0.1 echo logged in',
    answer: /^logged in$/m,
  },
  tomcat: { unit: 'tomcat10', ask: () => http(8080, '/hello/'), answer: /200[\s\S]*tomcat says hello to nobody/ },
  java: { unit: 'hello', ask: () => http(8080), answer: /200 OK[\s\S]*java says hello/ },
  lamp: { unit: 'apache2', ask: web, answer: /200 OK[\s\S]*visit \d+/ },
};
