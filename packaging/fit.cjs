'use strict';
// Whether the Node that runs this is one that pidone runs in; a line says why not. It stands before the program in packages
// without a Node, and is given to the image's when they are installed (--install); older ones than can run it can read it.
(() => {
  const fail = (text) => {
    process.stderr.write(`${text}\n`);
    process.exit(1);
  };
  const [major, minor] = process.versions.node.split('.').map(Number);
  const installs = process.argv[2] === '--install';
  const tooOld = major < 20 || (major === 20 && minor < 20);
  // What an image gets later is taken as it is.
  if (tooOld || (installs && major > 26))
    fail(`pidone needs Node 20.20 to 26, and ${process.execPath} is ${process.version}`);
  if (!installs || process.getuid() !== 0) return;
  const { uid, mode } = require('node:fs').statSync(process.execPath);
  if (uid !== 0 || (mode & 0o022) !== 0)
    fail(`${process.execPath} can be changed by others than root, whose PID 1 it is to be`);
})();
