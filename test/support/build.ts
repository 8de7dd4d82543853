import { execa } from 'execa';
import { checkout } from './cli.ts';

/** Builds once before the tests of a suite, so that no two of them do. */
export async function setup(): Promise<void> {
  await execa('npm', ['run', '--silent', 'build'], { cwd: checkout });
}
