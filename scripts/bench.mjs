// Runs a program of bench/: node scripts/bench.mjs NAME [options]. `npm run bench:NAME -- --json` prints JSON.
import { importSource } from './import-source.mjs';

const [name, ...args] = process.argv.slice(2);
const { main } = await importSource(`bench/${name}.ts`);
await main(args);
