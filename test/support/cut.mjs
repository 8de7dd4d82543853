// Loaded into coldstart by tests (NODE_OPTIONS=--import): sends it a signal as soon as the n-th event of its journal is on disk.
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const after = Number(process.env.CUT_AFTER_EVENT);
const signals = (process.env.CUT_BY ?? 'SIGKILL').split(' ');
const { open } = fs;

fs.open = async (file, ...rest) => {
  const handle = await open(file, ...rest);
  if (String(file).endsWith('journal.jsonl')) cutIn(handle);
  return handle;
};
syncBuiltinESMExports();

/** @param {fs.FileHandle} handle */
function cutIn(handle) {
  const append = handle.appendFile.bind(handle);
  let written = 0;
  handle.appendFile = async text => {
    const lines = String(text).trimEnd().split('\n');
    const isNow = written < after && written + lines.length >= after;
    if (!isNow || signals[0] !== 'SIGKILL') await append(text);
    else
      await append(
        lines
          .slice(0, after - written)
          .join('\n')
          .concat('\n'),
      );
    written += lines.length;
    if (!isNow) return;
    await handle.datasync();
    for (const signal of signals) process.kill(process.pid, signal);
    // Nothing more gets to the disk, not even while the signal is on its way.
    if (signals[0] === 'SIGKILL') await new Promise(() => {});
  };
}
