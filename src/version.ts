import manifest from '../package.json' with { type: 'json' };

/** Version of coldstart, from package.json. */
export const version: string = manifest.version;
