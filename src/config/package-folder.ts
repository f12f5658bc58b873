import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where this package is, whatever file of it this was built into: views and styles are read from there. */
export const PACKAGE_FOLDER = folderWith('package.json', dirname(fileURLToPath(import.meta.url)));

function folderWith(file: string, folder: string): string {
  return existsSync(join(folder, file)) ? folder : folderWith(file, dirname(folder));
}
