// Bundles the program: dist/coldstart.cjs, and beside it, in chunks/, what its commands need.
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

const require =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/** Zod carries its messages in fifty languages, 350 kB that every start would read; coldstart speaks English. */
const englishOnly = {
  name: 'english-only',
  setup: ({ onLoad }) =>
    onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    })),
};

/**
 * What most commands need is in one file, since each file that Node loads costs a start about a millisecond: whatever is
 * imported by import() brings these modules along, so that the bundler finds them in the same places and keeps them together.
 */
const together = {
  name: 'together',
  setup: ({ onResolve, onLoad }) => {
    const modules = ['./src/cli/main.ts', './src/cli/inventory.ts'].map(module => `import '${module}';\n`);
    onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ kind, path: module, resolveDir }) => {
      const file = path.relative('.', path.join(resolveDir, module));
      return kind === 'dynamic-import' ? { path: file, namespace: 'together' } : undefined;
    });
    onLoad({ filter: /^/, namespace: 'together' }, ({ path: file }) => ({
      contents: `${modules.join('')}export * from './${file}';`,
      resolveDir: '.',
    }));
  },
};

const common = {
  write: false,
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
};

const commands = await build({
  ...common,
  entryPoints: { main: 'src/cli/main.ts' },
  outExtension: { '.js': '.mjs' },
  entryNames: 'chunks/[name]-[hash]',
  chunkNames: 'chunks/[name]-[hash]',
  // A command reads its own part only: the whole program is a megabyte and a half.
  splitting: true,
  format: 'esm',
  // Some bundled libraries are CommonJS and ask for Node's own modules through require().
  banner: { js: require },
  plugins: [englishOnly, together],
});
const main = path.basename(commands.outputFiles.find(({ path: file }) => /\bmain-\w+\.mjs$/.test(file)).path);

/** Node starts CommonJS in a fifth less time than a module. */
const start = await build({
  ...common,
  entryPoints: { coldstart: 'src/main.ts' },
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  banner: { js: '#!/usr/bin/env node' },
  plugins: [
    {
      name: 'commands-apart',
      setup: ({ onResolve }) =>
        onResolve({ filter: /\/cli\/main\.ts$/ }, () => ({ path: `./chunks/${main}`, external: true })),
    },
  ],
});

// Put in place in one go, and the start last: somebody may be starting the program at this moment.
const files = [...commands.outputFiles, ...start.outputFiles];
for (const file of files) {
  await mkdir(path.dirname(file.path), { recursive: true });
  await writeFile(`${file.path}.${process.pid}`, file.text);
  await rename(`${file.path}.${process.pid}`, file.path);
}
await removeOldChunks(new Set(files.map(file => path.basename(file.path))));

/** Chunks of former builds. A program that is running may still ask for those of the last hours. */
async function removeOldChunks(wanted) {
  const oldMs = 6 * 3_600_000;
  for (const name of await readdir('dist/chunks')) {
    const file = path.join('dist/chunks', name);
    if (!wanted.has(name) && Date.now() - (await stat(file)).mtimeMs > oldMs) await rm(file, { force: true });
  }
}
