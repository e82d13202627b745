'use strict';
// make-code.cjs LIB OUT PROGRAM ARGUMENTS…: does what the loader does and, at the end of the process, writes the code
// that was compiled on the way to OUT, together with what was in OUT before.
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');

const [node, , lib, out, ...call] = process.argv;
process.argv = [node, join(lib, 'pidone.cjs'), ...call];
const filename = join(lib, 'program.js');
let cachedData;
try {
  cachedData = readFileSync(out);
} catch {
  // The first call starts from nothing.
}
const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData });
process.on('exit', () => writeFileSync(out, script.createCachedData()));
script.runInThisContext()(exports, require, module, join(lib, 'pidone.cjs'), lib);
