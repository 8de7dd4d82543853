// Loaded into coldstart by tests (cut.ts): sends it signals as soon as an event of its journal is on disk.
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const at = process.env.CUT_AT ?? '';
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
  let isOver = false;
  handle.appendFile = async text => {
    const lines = String(text).trimEnd().split('\n');
    const place = lines.findIndex((line, index) => isTheOne(line, written + index + 1));
    const isNow = !isOver && place >= 0;
    isOver ||= isNow;
    written += lines.length;
    const last = isNow && signals[0] === 'SIGKILL' ? place + 1 : lines.length;
    await append(lines.slice(0, last).join('\n').concat('\n'));
    if (!isNow) return;
    await handle.datasync();
    for (const signal of signals) process.kill(process.pid, signal);
    // Nothing more gets to the disk, not even while the signal is on its way.
    if (signals[0] === 'SIGKILL') await new Promise(() => {});
  };
}

/** @param {string} line @param {number} number */
function isTheOne(line, number) {
  return /^\d+$/.test(at) ? number === Number(at) : line.includes(at);
}
