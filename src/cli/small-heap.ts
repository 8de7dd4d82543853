import { setFlagsFromString } from 'node:v8';

/**
 * Where a computer has gigabytes, V8 lets up to four times as much memory be taken as is in use before it collects the
 * rest. From now on one and a half times is enough: 250 MB instead of 430 for a run of 5,000 machines.
 * https://github.com/v8/v8/blob/11.3-lkgr/src/heap/memory-controller.cc
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=50');
}
