import path from 'node:path';
import { ColdstartError } from '../core/errors.ts';
import { readRun } from '../history/store.ts';
import { reportHtml } from '../report/report.ts';
import { writeAtomically } from '../state/atomic.ts';
import { type AppContext, note, print } from './context.ts';
import type { SiteFlags } from './flags.ts';
import { findRun, openHistory } from './open-history.ts';

export interface ReportFlags extends SiteFlags {
  file?: string;
}

export async function report(this: AppContext, flags: ReportFlags, wanted = 'last'): Promise<void> {
  const open = await openHistory(this, flags);
  const record = findRun(open, wanted);
  const view = await readRun(open.clusterDir, record.run);
  if (!view) {
    throw new ColdstartError('FILE_ERROR', `the journal of ${record.run} is gone`, {
      because: `${path.join(open.clusterDir, 'runs', record.run)} cannot be read`,
      hint: 'coldstart history still knows how long it took',
    });
  }
  const html = reportHtml({ view, record, history: open.history });
  if (flags.file === '-') {
    print(this, html);
    return;
  }
  const file = path.resolve(this.cwd, flags.file ?? `coldstart-${record.run}.html`);
  await writeAtomically(file, html, 0o644);
  print(this, file);
  note(this, 'Open it in a browser, or print it. It needs no network.');
}
