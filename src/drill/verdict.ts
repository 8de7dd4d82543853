import type { Rehearsal } from './rehearsals.ts';

/** A coldstart that came to its end. */
export interface Ended {
  exit: number | undefined;
  /** Its JSON. */
  stdout: string;
}

export interface Course {
  /** The `up` that made what `reset` resets. */
  before: Ended | undefined;
  ended: Ended;
  struck: number;
  /** The `up` after the fault was gone. */
  afterwards: Ended | undefined;
}

export interface Verdict {
  end: 'recovered' | 'stopped';
  /** What a person would have seen. */
  seen: string;
  /** Why this is not how it must end; undefined when it is. */
  wrong: string | undefined;
}

interface ErrorJson {
  error?: {
    code: string;
    message: string;
    because?: string;
    failures?: { machine: string; step: string; code: string; message: string; because?: string }[];
  };
}

/** Compares how a rehearsal went with how it must end. Pure. */
export function judge({ expected }: Rehearsal, { before, ended, struck, afterwards }: Course): Verdict {
  const end = ended.exit === 0 ? 'recovered' : 'stopped';
  const { code, seen } =
    end === 'recovered' ? { code: undefined, seen: 'it went on to the end' } : stop(ended);
  const wrong = (why: string): Verdict => ({ end, seen, wrong: why });
  if (before && before.exit !== 0)
    return wrong(`the up before it ended with ${before.exit}: ${stop(before).seen}`);
  if (struck === 0) return wrong('the fault never struck');
  if (end !== expected.end) return wrong(`it should have ${expected.end}`);
  if (expected.end === 'stopped') {
    if (code !== expected.code) return wrong(`it should have stopped with ${expected.code}`);
    if (!expected.says.test(seen)) return wrong(`it should have said ${expected.says}`);
  }
  if (afterwards && afterwards.exit !== 0)
    return wrong(`up does not reach the end after it is gone: ${stop(afterwards).seen}`);
  return { end, seen, wrong: undefined };
}

/** The failure that a person reads first. */
function stop({ exit, stdout }: Ended): { code: string | undefined; seen: string } {
  const error = errorOf(stdout);
  if (!error) return { code: undefined, seen: `it ended with ${exit ?? 'a signal'}` };
  const [first] = error.failures ?? [];
  const { message, because } = first ?? error;
  const sentence = because === undefined ? message : `${message}: ${because}`;
  return { code: error.code, seen: `${sentence.replace(/\s+/g, ' ')} [${error.code}]` };
}

function errorOf(stdout: string): ErrorJson['error'] {
  try {
    return (JSON.parse(stdout) as ErrorJson).error;
  } catch {
    return undefined;
  }
}
