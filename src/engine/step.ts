import type { Stage } from '../journal/events.ts';

/** How long to wait for a condition: after `warnAfterMs` say so, after `failAfterMs` give up. */
export interface Patience {
  warnAfterMs: number;
  failAfterMs: number;
  /** How long it usually takes, where that is known. */
  usualMs?: number;
  /** History may lengthen `failAfterMs`, never shorten it: what is quick today may rightly take hours tomorrow. */
  onlyLonger?: boolean;
  /** The look itself comes back only when there may be news: look again at once. */
  paced?: boolean;
}

/** What a look at a condition saw: whether it holds, and in words what was there instead. */
export interface Sight {
  done: boolean;
  seen: string;
  /** One thing to try, should it stay like this. */
  remedy?: string;
}

/** What a step may do. Nothing changes a machine outside `change`, so a dry run is complete by construction. */
export interface StepContext {
  readonly signal: AbortSignal;
  /** Counts from 1. */
  readonly attempt: number;
  /** Writes the sentence to the journal, then does it. */
  change<T>(sentence: string, act: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Looks until the named condition holds. Errors: TIMED_OUT with what was last seen, or what `look` throws. */
  until(condition: string, look: () => Promise<Sight>, patience?: Partial<Patience>): Promise<void>;
  /** Shows a passing remark. */
  progress(text: string): void;
}

/** How many machines that share something may begin together, such as those on one circuit. */
export interface Limit {
  /** What they share, in words: `circuit a`. Steps with the same name share the limit. */
  name: string;
  atOnce: number;
  /** How long a place stays taken after the machine does not need it any more. */
  gapMs: number;
}

/**
 * One declared step of a machine's road. `T` is the machine, `K` what is known (newest facts and settings), `W` the
 * world that the step acts on.
 */
export interface StepDefinition<T, K, W extends K> {
  /** `stage.verb`, such as `hardware.deploy`. */
  id: `${Stage}.${string}`;
  title: string;
  stage: Stage;
  /** Which machines take this step. */
  applies(target: T): boolean;
  /** Steps of other machines that must be done first. Steps of the same machine always go in order. */
  after?: readonly string[];
  /** Steps with the same word never run at the same time. */
  oneByOne?: string;
  /** What it shares with others while it begins. */
  limit?: {
    /** Undefined when there is no limit, or when it would not begin anything. */
    of(target: T, known: K): Limit | undefined;
    /** Whether the machine has begun, judged by the newest facts; at the latest when the step ends. */
    begun(target: T, known: K): boolean;
  };
  /** How often it is tried in all. 1 when missing. */
  attempts?: number;
  /** Whether nothing is left to do, judged by the newest facts. */
  done(target: T, known: K): boolean;
  act(target: T, context: StepContext, world: W): Promise<void>;
}
