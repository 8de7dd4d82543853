import type { Addon } from '../definition.ts';
import { metricsServer } from './metrics-server.ts';

/** Every add-on that cluster.yaml can name. */
export const catalogue: readonly Addon[] = [metricsServer];
