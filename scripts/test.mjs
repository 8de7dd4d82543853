// Everything that must hold: static checks, fast tests, end-to-end tests where root allows. Ends with one line of counts.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { importSource } from './import-source.mjs';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'coldstart-test-'));
/** Suites find the program built. */
const env = { ...process.env, COLDSTART_BUILT: '1' };
/** Simulated machines live hundreds of times faster than real ones, and a busy computer does not: their tests come first. */
const paced = ['test/journey', 'test/contract'];
const counts = { passed: 0, failed: 0, skipped: 0 };
/** How the output of what failed ended, where Vitest tells why: shown once more at the end of the long log, where one looks. */
const failures = [];

await check('build');
await installTools();
// Real hosts take longest, and wait for the network and for each other; meanwhile there is time for everything else.
await Promise.all([endToEnd(), whatNeedsPace(), whatCanBeSlow()]);
rmSync(scratch, { recursive: true });

for (const text of failures) console.log(text);
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;

async function endToEnd() {
  await suite('end-to-end tests', 'vitest.e2e.config.ts', { isLive: true });
}

async function whatCanBeSlow() {
  for (const name of ['format:check', 'lint', 'types', 'layers', 'unused']) await check(name);
  await suite('resume tests', 'vitest.resume.config.ts');
  const args = paced.flatMap(folder => ['--exclude', `${folder}/**`]);
  await suite('fast tests', 'vitest.config.ts', { args });
}

async function whatNeedsPace() {
  await suite('tests of simulated machines', 'vitest.config.ts', { args: paced, comesFirst: true });
}

/** What labs would install for themselves, such as Ansible: other tests use it too, and two labs begin at the same time. */
async function installTools() {
  const { hasApt, installPackages, missingPackages } = await importSource('src/lab/system/packages.ts');
  const names = missingPackages(['hosts', 'mirror', 'images']).map(({ name }) => name);
  if (names.length === 0 || process.getuid?.() !== 0 || !(await hasApt())) return;
  console.log(`\n> installing ${names.join(', ')}`);
  await installPackages(names).catch(error => console.log(error.message));
}

async function check(name) {
  count(name, await succeeds('npm', ['run', '--silent', name]));
}

async function suite(name, config, { args = [], ...how } = {}) {
  const report = path.join(scratch, `${name}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const command = ['vitest', 'run', '--config', config, ...args, ...reporters];
  const good = await succeeds('npx', command, how);
  const { numPassedTests = 0, numFailedTests = 0, numPendingTests = 0 } = read(report);
  counts.passed += numPassedTests;
  counts.failed += numFailedTests;
  counts.skipped += numPendingTests;
  // A suite that could not be loaded has no failed test of its own, and one without tests has tested nothing.
  if (!good && numFailedTests === 0) count(name, false);
  if (numPassedTests + numFailedTests + numPendingTests === 0) count(`${name}: none were found`, false);
}

function read(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return {};
  }
}

/**
 * Others run at the same time, so its output is shown in one piece when it ends, unless it is live; and it takes what those
 * leave that come first, who wait most of the time.
 */
async function succeeds(program, args, { isLive = false, comesFirst = false } = {}) {
  const startedAt = performance.now();
  const title = `\n> ${program} ${args.join(' ')}`;
  const niceness = comesFirst ? '0' : '10';
  const stdio = ['ignore', 'pipe', 'pipe'];
  const child = spawn('nice', ['-n', niceness, program, ...args], { stdio, env });
  const output = [];
  const show = chunk => {
    output.push(chunk);
    if (isLive) process.stdout.write(chunk);
  };
  if (isLive) console.log(title);
  for (const stream of [child.stdout, child.stderr]) stream.on('data', show);
  const status = await new Promise(resolve => {
    child.once('error', resolve);
    child.once('close', resolve);
  });
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const text = Buffer.concat(output).toString();
  console.log(`${title} (${seconds} s)\n${isLive ? '' : text}`);
  if (status === 0) return true;
  failures.push(`${title} failed, and this was said last:\n${text.split('\n').slice(-100).join('\n')}`);
  return false;
}

function count(name, good) {
  counts[good ? 'passed' : 'failed'] += 1;
  if (!good) console.log(`FAILED: ${name}`);
}
