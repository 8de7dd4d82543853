import { execa } from 'execa';
import { checkout } from './cli.ts';

/** Builds once before the tests of a suite, so that no two of them do, unless whoever starts several suites has built. */
export async function setup(): Promise<void> {
  if (process.env['COLDSTART_BUILT'] === undefined)
    await execa('npm', ['run', '--silent', 'build'], { cwd: checkout });
}
