import { version } from './version.ts';

// The commonest question of scripts is answered without loading anything.
if (process.argv.length === 3 && process.argv[2] === '--version') process.stdout.write(`${version}\n`);
else void import('./cli/main.ts').then(({ main }) => main());
