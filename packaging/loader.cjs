'use strict';
// Installed as pidone.cjs: runs the program, whose modules are in program.js and are loaded when they are asked for, with
// their compiled code out of program.code or manager.code. V8 takes compiled code only where the same version made it
// with the same options, and compiles anew where it did not.
const { openSync, readSync } = require('node:fs');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { Script } = require('node:vm');

// Reads a file of parts (packaging/parts.cjs): the first at once, the others when they are asked for. It stays open: what
// replaces it under a running program has other parts.
function openParts(path) {
  const fd = openSync(path, 'r');
  const read = (at, length) => {
    const bytes = Buffer.allocUnsafeSlow(length);
    if (readSync(fd, bytes, 0, length, at) < length) throw new Error(`${path}: cut short`);
    return bytes;
  };
  const head = read(0, 16).latin1Slice();
  const begin = Number(head.slice(0, 8));
  const start = read(16, Number(head.slice(8)) - 16);
  const { id, parts, within } = JSON.parse(start.latin1Slice(0, begin - 16));
  const names = Object.keys(parts);
  const get = (name) => (parts[name] === undefined ? undefined : read(begin + parts[name][0], parts[name][1]));
  return { id, names, within, first: start.subarray(begin - 16), get };
}

// Runs the program in `directory`, which stack traces call `shown`. Returns what make-code.cjs needs: the scripts loaded so far, a
// map that grows with them.
exports.run = (directory, codePath, shown = directory) => {
  const program = openParts(join(directory, 'program.js'));
  let code;
  try {
    code = openParts(codePath);
  } catch {
    // A checkout may have none.
  }
  if (code?.id !== program.id) code = undefined;
  const scripts = new Map();
  const evaluate = (part, source, cachedData) => {
    const script = new Script(source.latin1Slice(), { filename: join(shown, 'program', part), cachedData });
    scripts.set(part, script);
    return script.runInThisContext();
  };
  const url = pathToFileURL(join(directory, 'pidone.cjs')).href;
  const [first] = program.names;
  const loaded = new Map();
  const load = (name) => {
    if (!name.startsWith('./')) return require(name);
    const part = name.slice(2);
    if (!loaded.has(part)) {
      const holder = program.within[part];
      if (holder !== undefined) executeMany(holder, evaluateOf(holder));
      else execute(part, evaluateOf(part));
    }
    return loaded.get(part).exports;
  };
  const evaluateOf = (part) => evaluate(part, program.get(part), code?.get(part));
  const execute = (part, run) => {
    const module = { exports: {} };
    loaded.set(part, module);
    run(module.exports, load, module, url);
    return module;
  };
  // Modules that a typical call needs are one script that exports them by name, as are those of a manager; each other
  // module is one of its own.
  const executeMany = (holder, run) => {
    const { exports } = execute(holder, run);
    for (const part of Object.keys(exports)) loaded.set(part, { exports: exports[part] });
  };
  const typical = evaluate(first, program.first, code?.names[0] === first ? code.first : undefined);
  // A manager lives long, and needs neither again.
  program.first = undefined;
  if (code !== undefined) code.first = undefined;
  executeMany(first, typical);
  return { id: program.id, names: program.names, code, scripts };
};

if (require.main === module) {
  exports.run(__dirname, join(__dirname, process.argv[2] === 'init' ? 'manager.code' : 'program.code'));
}
