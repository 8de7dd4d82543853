import 'node:fs';
import '../maas/client.ts';
