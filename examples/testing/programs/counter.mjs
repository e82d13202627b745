// A small database: it counts, on $PORT_counter, and keeps the number in $STATE_DIRECTORY.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const file = `${process.env.STATE_DIRECTORY}/count`;
createServer((_request, response) => {
  const count = (existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0) + 1;
  writeFileSync(file, String(count));
  response.end(String(count));
}).listen(Number(process.env.PORT_counter), '127.0.0.1', () => console.log('ready'));
process.on('SIGTERM', () => process.exit(0));
