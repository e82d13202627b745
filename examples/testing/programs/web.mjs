// A web server on $PORT_web. /health says that it is up, /count asks the counter on $PORT_counter, /config what it has read.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const { PORT_web, PORT_counter, CONFIG } = process.env;
const read = () => (CONFIG === undefined ? '' : readFileSync(CONFIG, 'utf8').trim());
let config = read();

// What systemd passes (sd_listen_fds(3)) comes before a port of one's own.
const listening = process.env.LISTEN_FDS === '1' ? { fd: 3 } : { port: Number(PORT_web), host: '127.0.0.1' };

createServer(async (request, response) => {
  if (request.url === '/count') {
    const answer = await fetch(`http://127.0.0.1:${PORT_counter}/`, { method: 'POST' });
    response.end(await answer.text());
  } else response.end(request.url === '/config' ? config : 'ok');
}).listen(listening, () => console.log('listening'));

process.on('SIGHUP', () => {
  config = read();
  console.log(`reloaded: ${config}`);
});
process.on('SIGTERM', () => process.exit(0));
