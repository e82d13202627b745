'use strict';
// make-code.cjs LIB OUT PROGRAM ARGUMENTS…: runs the program as its loader does and, at the end of the process, writes
// the code that was compiled on the way to OUT, together with what was in OUT before. The names of scripts stand in it: they are
// those of the package, wherever it is made.
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { packParts } = require('./parts.cjs');

const [node, , lib, out, ...call] = process.argv;
process.argv = [node, join(lib, 'pidone.cjs'), ...call];
const { id, code, names, scripts } = require(join(lib, 'pidone.cjs')).run(lib, out, '/usr/lib/pidone');
process.on('exit', () => {
  const parts = new Map();
  for (const name of names) {
    const compiled = scripts.get(name)?.createCachedData() ?? code?.get(name);
    if (compiled !== undefined) parts.set(name, compiled);
  }
  writeFileSync(out, packParts(id, parts));
});
