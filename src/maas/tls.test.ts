import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer, type Server as TlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMaasClient } from './client.ts';

const openssl = spawnSync('openssl', ['version']).status === 0;

describe.skipIf(!openssl)('a region with a private certificate authority', () => {
  let [folder, ca] = ['', ''];
  let region: TlsServer;
  let proxy: Server;
  let tunnels = 0;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coldstart-tls-'));
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'ca.pem')];
    const subject = ['-subj', '/CN=maas.invalid', '-addext', 'subjectAltName=DNS:maas.invalid,IP:127.0.0.1'];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const made = ['req', '-x509', ...curve, '-days', '2', '-keyout', key, '-out', certificate, ...subject];
    execFileSync('openssl', made, { stdio: 'ignore' });
    ca = readFileSync(certificate, 'utf8');
    region = createServer({ key: readFileSync(key), cert: ca }, (_, response) => {
      response.setHeader('content-type', 'application/json').end('{"version": "3.6.1"}');
    });
    proxy = createHttpServer().on('connect', (_, socket) => {
      tunnels += 1;
      const onward = connect(portOf(region), '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      socket
        .on('error', () => onward.destroy())
        .pipe(onward.on('error', () => socket.destroy()))
        .pipe(socket);
    });
    await Promise.all([region, proxy].map(one => new Promise<void>(go => one.listen(0, '127.0.0.1', go))));
  });

  afterAll(async () => {
    await Promise.all([region, proxy].map(one => new Promise(done => one.close(done))));
    rmSync(folder, { recursive: true });
  });

  const ask = async (url: string, options: { ca?: string; proxy?: string }) => {
    const client = createMaasClient({ url, apiKey: 'a:b:c', env: {}, ...options });
    try {
      await client.version();
      return (await client.version()).text;
    } finally {
      client.close();
    }
  };

  it('is trusted with its certificate', async () => {
    expect(await ask(`https://127.0.0.1:${portOf(region)}`, { ca })).toBe('3.6.1');
  });

  it('is refused without, and the hint names the setting', async () => {
    await expect(ask(`https://127.0.0.1:${portOf(region)}`, {})).rejects.toMatchObject({
      code: 'MAAS_UNREACHABLE',
      hint: expect.stringContaining('certificate'),
    });
  });

  it('is refused under a name that its certificate does not have', async () => {
    await expect(ask(`https://localhost:${portOf(region)}`, { ca })).rejects.toMatchObject({
      code: 'MAAS_UNREACHABLE',
      hint: expect.stringContaining('names'),
    });
  });

  it('is reached through one tunnel of a proxy', async () => {
    const throughProxy = { ca, proxy: `http://127.0.0.1:${portOf(proxy)}` };
    expect(await ask('https://maas.invalid:5443', throughProxy)).toBe('3.6.1');
    expect(tunnels).toBe(1);
  });

  it('is refused through a proxy under a wrong name', async () => {
    const throughProxy = { ca, proxy: `http://127.0.0.1:${portOf(proxy)}` };
    await expect(ask('https://other.invalid:5443', throughProxy)).rejects.toMatchObject({
      code: 'MAAS_UNREACHABLE',
    });
  });
});

function portOf(server: Server | TlsServer): number {
  return (server.address() as AddressInfo).port;
}
