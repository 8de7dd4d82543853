// Everything that must hold: static checks, fast tests, end-to-end tests where root allows. Ends with one line of counts.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'coldstart-test-'));
const counts = { passed: 0, failed: 0, skipped: 0 };

for (const check of ['format:check', 'lint', 'types', 'layers', 'unused', 'build']) {
  count(check, succeeds('npm', ['run', '--silent', check]));
}
// First the end-to-end tests: the lab installs what the others use where it is there, such as Ansible.
suite('end-to-end tests', 'vitest.e2e.config.ts');
suite('fast tests', 'vitest.config.ts');
suite('resume tests', 'vitest.resume.config.ts');
rmSync(scratch, { recursive: true });

console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;

function suite(name, config) {
  const report = path.join(scratch, `${config}.json`);
  const args = [
    'vitest',
    'run',
    '--config',
    config,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const good = succeeds('npx', args);
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

function succeeds(program, args) {
  console.log(`\n> ${program} ${args.join(' ')}`);
  return spawnSync(program, args, { stdio: 'inherit' }).status === 0;
}

function count(name, good) {
  counts[good ? 'passed' : 'failed'] += 1;
  if (!good) console.log(`FAILED: ${name}`);
}
