import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config.js';

/**
 * The operator's secrets, current first. In development, where none is given, one is made once and kept beside the
 * embedded database, readable by its owner only.
 */
export function loadSecrets(config: Pick<Config, 'secrets' | 'dataDir'>): readonly string[] {
  if (config.secrets) return config.secrets;
  const file = join(config.dataDir, 'secret');
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, randomBytes(48).toString('base64url'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return [readFileSync(file, 'utf8').trim()];
}
