import { createInterface } from 'node:readline/promises';
import { ColdstartError } from '../core/errors.ts';
import { type AppContext, note } from './context.ts';
import { canAsk } from './flags.ts';

/** Has a person type the cluster's name before disks are erased. Errors: NOT_CONFIRMED. */
export async function confirmByName(
  context: AppContext,
  question: string,
  name: string,
  yes: boolean,
): Promise<void> {
  if (yes) return;
  if (!canAsk(context)) {
    throw new ColdstartError('NOT_CONFIRMED', 'nothing was changed', {
      because: 'nobody is there to confirm it',
      hint: 'give --yes when it is really meant',
    });
  }
  const answer = await ask(context, `${question}\nType the name of the cluster (${name}) to go on: `);
  if (answer.trim() !== name) {
    throw new ColdstartError('NOT_CONFIRMED', 'nothing was changed', {
      because: `the answer was not "${name}"`,
    });
  }
}

/** Asks a question that is answered by yes or no; no where nobody is there. */
export async function confirm(context: AppContext, question: string, yes: boolean): Promise<boolean> {
  if (yes) return true;
  if (!canAsk(context)) return false;
  const answer = await ask(context, `${question} [y/N] `);
  return /^y(es)?$/i.test(answer.trim());
}

async function ask(context: AppContext, question: string): Promise<string> {
  const { stdin, stderr } = context.process;
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    return await lines.question(question, { signal: context.signal });
  } catch {
    note(context, '');
    return '';
  } finally {
    lines.close();
  }
}
