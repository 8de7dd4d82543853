// Loaded into a measured process before its program: writes what it has used, at its end, to COLDSTART_MEASURE.
import { writeFileSync } from 'node:fs';

const startedAt = performance.now();
process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const used = {
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    peakMegabytes: maxRSS / 1024,
    seconds: (performance.now() - startedAt) / 1000,
  };
  writeFileSync(process.env.COLDSTART_MEASURE, JSON.stringify(used));
});
