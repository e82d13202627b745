'use strict';
// Installed as pidone.cjs: runs the program, whose parts are in program.js and are loaded when they are asked for, with
// their compiled code out of program.code or manager.code. V8 takes compiled code only where the same version made it
// with the same options, and compiles anew where it did not.
const { openSync, readSync } = require('node:fs');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { Script } = require('node:vm');

// Reads a file of parts (packaging/parts.cjs). It stays open: what replaces it under a running program has other parts.
function openParts(path) {
  const fd = openSync(path, 'r');
  const read = (at, length) => {
    const bytes = Buffer.allocUnsafeSlow(length);
    if (readSync(fd, bytes, 0, length, at) < length) throw new Error(`${path}: cut short`);
    return bytes;
  };
  const begin = Number(read(0, 8).latin1Slice());
  const { id, parts } = JSON.parse(read(8, begin - 8).latin1Slice());
  const get = (name) => (parts[name] === undefined ? undefined : read(begin + parts[name][0], parts[name][1]));
  return { id, names: Object.keys(parts), get };
}

// Runs the program in `directory`. Returns what make-code.cjs needs: the parts loaded so far, a map that grows with them.
exports.run = (directory, codePath) => {
  const program = openParts(join(directory, 'program.js'));
  let code;
  try {
    code = openParts(codePath);
  } catch {
    // A checkout may have none.
  }
  if (code?.id !== program.id) code = undefined;
  const url = pathToFileURL(join(directory, 'pidone.cjs')).href;
  const scripts = new Map();
  const loaded = new Map();
  const load = (name) => {
    if (!name.startsWith('./')) return require(name);
    const part = name.slice(2);
    const before = loaded.get(part);
    if (before !== undefined) return before.exports;
    const filename = join(directory, 'program', part);
    const script = new Script(program.get(part).latin1Slice(), { filename, cachedData: code?.get(part) });
    scripts.set(part, script);
    const module = { exports: {} };
    loaded.set(part, module);
    script.runInThisContext()(module.exports, load, module, url);
    return module.exports;
  };
  load('./pidone.js');
  return { id: program.id, names: program.names, code, scripts };
};

if (require.main === module) {
  exports.run(__dirname, join(__dirname, process.argv[2] === 'init' ? 'manager.code' : 'program.code'));
}
