import { randomBytes, timingSafeEqual } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { writeAtomically } from '../../state/atomic.ts';

/** What a stand-in program may say: lines, to one of its outputs. */
export interface Voice {
  out(line: string): void;
  error(text: string): void;
}

/** One start of a program. Answers with its exit status; the signal is aborted when the process is gone. */
export type Program = (
  args: readonly string[],
  context: { say: Voice; signal: AbortSignal },
) => Promise<number>;

/** A program that hears nothing for this long looks whether the one that started it is still there. */
const signOfLifeMs = 500;

/**
 * Where the stand-in programs (assets/lab/standins) ask what to do: a port on loopback and a password, which are
 * written to `file` with mode 0600.
 */
export async function openGate(
  file: string,
  programs: Readonly<Record<string, Program>>,
): Promise<{ close(): Promise<void> }> {
  const password = randomBytes(16).toString('hex');
  const sockets = new Set<Socket>();
  const server = createServer(socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    receive(socket, words => answer(socket, words, password, programs));
  });
  await writeAtomically(file, `${await listen(server)} ${password}\n`);
  return {
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Calls back when everything is there: password, number of arguments, program, arguments, each ended by a zero byte. */
function receive(socket: Socket, then: (words: string[]) => void): void {
  let text = '';
  let received = false;
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    if (received) return;
    text += chunk;
    const words = text.split('\0');
    if (words.length < 4 || words.length < Number(words[1]) + 4) return;
    received = true;
    then(words.slice(0, -1));
  });
}

function answer(
  socket: Socket,
  [password = '', , name = '', ...args]: string[],
  expected: string,
  programs: Readonly<Record<string, Program>>,
): void {
  const program = programs[name];
  if (!program || !isSame(password, expected)) {
    socket.destroy();
    return;
  }
  const gone = new AbortController();
  setMaxListeners(0, gone.signal);
  const life = setInterval(() => socket.write('.\n'), signOfLifeMs);
  socket.on('close', () => {
    clearInterval(life);
    gone.abort(new Error('the program has ended'));
  });
  const tell = (mark: string, text: string): void => {
    for (const line of text.split('\n')) socket.write(`${mark}${line}\n`);
  };
  const say = { out: (line: string) => tell('o', line), error: (text: string) => tell('e', text) };
  void program(args, { say, signal: gone.signal })
    .catch((error: unknown) => {
      say.error(`ERROR! ${error instanceof Error ? error.message : String(error)}`);
      return 250;
    })
    .then(status => socket.end(`x${status}\n`));
}

function isSame(given: string, expected: string): boolean {
  return given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}
