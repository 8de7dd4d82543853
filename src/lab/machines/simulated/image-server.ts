import type { Clock } from '../../../core/clock.ts';

interface Download {
  /** The served time at which it is complete. */
  endsAt: number;
  done: () => void;
}

/**
 * The one server that all machines take their image from. It feeds so many at full speed; more share it evenly.
 * Time is counted as served time, which passes as slowly as a single download goes on.
 */
export class ImageServer {
  readonly #fullSpeedMachines: number;
  readonly #clock: Clock;
  /** The next to be complete first. */
  readonly #downloads: Download[] = [];
  #served = 0;
  #countedAt = 0;
  #alarm = new AbortController();

  constructor(fullSpeedMachines: number, clock: Clock) {
    this.#fullSpeedMachines = fullSpeedMachines;
    this.#clock = clock;
  }

  /** Resolves when a download that takes `ms` at full speed is complete, or when the machine's power goes off. */
  serve(ms: number, life: AbortSignal): Promise<void> {
    this.#count();
    return new Promise(resolve => {
      const download = { endsAt: this.#served + ms, done: resolve };
      const place = this.#downloads.findIndex(({ endsAt }) => endsAt > download.endsAt);
      this.#downloads.splice(place === -1 ? this.#downloads.length : place, 0, download);
      life.addEventListener('abort', () => this.#leave(download), { once: true });
      this.#wake();
    });
  }

  #leave(download: Download): void {
    this.#count();
    const place = this.#downloads.indexOf(download);
    if (place === -1) return;
    this.#downloads.splice(place, 1);
    download.done();
    this.#wake();
  }

  #speed(): number {
    return Math.min(1, this.#fullSpeedMachines / Math.max(1, this.#downloads.length));
  }

  #count(): void {
    const now = this.#clock.now();
    this.#served += (now - this.#countedAt) * this.#speed();
    this.#countedAt = now;
  }

  #wake(): void {
    this.#alarm.abort();
    const [next] = this.#downloads;
    if (!next) return;
    this.#alarm = new AbortController();
    const inMs = Math.max(0, (next.endsAt - this.#served) / this.#speed());
    this.#clock.sleep(inMs, this.#alarm.signal).then(
      () => this.#complete(),
      () => undefined,
    );
  }

  #complete(): void {
    this.#count();
    // Clocks tick in whole milliseconds.
    while (this.#downloads[0] && this.#downloads[0].endsAt <= this.#served + 1)
      this.#downloads.shift()?.done();
    this.#wake();
  }
}
