import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { ColdstartError } from '../../core/errors.ts';

/**
 * The signed text of an `InRelease`, by gpgv, and nothing that is not signed. `keyring`: a file, or keys in ASCII
 * armour. Errors: MIRROR_UNSIGNED.
 */
export async function signedText(
  inRelease: Buffer,
  keyring: { file: string } | { armoured: Buffer },
  from: string,
  signal?: AbortSignal,
): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), 'coldstart-signature-'));
  try {
    await writeFile(join(scratch, 'InRelease'), inRelease);
    const file = 'file' in keyring ? keyring.file : join(scratch, 'keyring.gpg');
    if ('armoured' in keyring) await writeFile(file, dearmoured(keyring.armoured.toString()));
    const args = ['--homedir', scratch, '--keyring', file, '--output', '-', join(scratch, 'InRelease')];
    const result = await execa('gpgv', args, {
      reject: false,
      stdin: 'ignore',
      ...(signal && { cancelSignal: signal }),
    });
    signal?.throwIfAborted();
    if (!result.failed) return result.stdout;
    throw unsigned(from, file, result);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function unsigned(
  from: string,
  keyring: string,
  result: { code?: string | undefined; stderr: string },
): ColdstartError {
  if (result.code === 'ENOENT')
    return new ColdstartError('MIRROR_UNSIGNED', 'signatures of packages cannot be checked', {
      because: 'gpgv is not in PATH',
      hint: 'install gpgv (Debian, Ubuntu) or gnupg2 (Fedora)',
    });
  const lines = result.stderr.split('\n').filter(line => line.startsWith('gpgv: '));
  return new ColdstartError('MIRROR_UNSIGNED', `the signature of ${from} is not good`, {
    because: lines.at(-1)?.replace(/^gpgv: /, '') ?? 'gpgv does not say why',
    hint: `is ${keyring} the keyring that signs it? mirror.sources in cluster.yaml can name another`,
  });
}

/** gpgv reads binary keyrings alone: https://www.rfc-editor.org/rfc/rfc9580#name-forming-ascii-armor */
function dearmoured(text: string): Buffer {
  const blocks = [...text.matchAll(/-----BEGIN PGP PUBLIC KEY BLOCK-----([^]*?)-----END/g)];
  const bodies = blocks.map(([, block = '']) => {
    const lines = block.split('\n').map(line => line.trim());
    const start = lines.indexOf('', 1);
    return Buffer.from(
      lines
        .slice(start)
        .filter(line => !line.startsWith('='))
        .join(''),
      'base64',
    );
  });
  return Buffer.concat(bodies);
}
