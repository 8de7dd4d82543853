// Loaded into a measured process before its program: writes what it has used, at its end, to COLDSTART_MEASURE.
import { readFileSync, writeFileSync } from 'node:fs';

const startedAt = performance.now();
process.on('exit', () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  const used = {
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    peakMegabytes: peakKib() / 1024,
    seconds: (performance.now() - startedAt) / 1000,
  };
  writeFileSync(process.env.COLDSTART_MEASURE, JSON.stringify(used));
});

/** Not maxRSS: Linux counts in it what the process that started this one had in use at that moment. */
function peakKib() {
  const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(peak);
}
