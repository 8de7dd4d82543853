// Writes the pages of docs/ that are made from the code; scripts/documents.ts makes their text.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { importSource, root } from './import-source.mjs';

const { generatedDocuments } = await importSource('scripts/documents.ts');
for (const [name, text] of Object.entries(generatedDocuments())) {
  await writeFile(join(root, 'docs', name), text);
}
