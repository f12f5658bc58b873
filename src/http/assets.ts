import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Controller, Get, NotFoundException, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { PACKAGE_FOLDER } from '../config/package-folder.js';

const TYPES = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8' } as const;

/** What makes a page better where there is script; every page works without. */
export const SCRIPTS = ['deliberate', 'live', 'passkeys'] as const;
export type Script = (typeof SCRIPTS)[number];

const byAddress = new Map<string, { readonly type: string; readonly content: Buffer }>();

/** Its address is its content, so a browser may keep it for ever. */
function asset(name: string, kind: keyof typeof TYPES): string {
  const content = readFileSync(join(PACKAGE_FOLDER, 'public', `${name}.${kind}`));
  const address = `${name}.${createHash('sha256').update(content).digest('hex').slice(0, 16)}.${kind}`;
  byAddress.set(address, { type: TYPES[kind], content });
  return `/assets/${address}`;
}

/** The stylesheet of all pages. */
export const STYLESHEET = asset('style', 'css');
/** Where each script is. */
export const SCRIPT_ADDRESSES = Object.fromEntries(SCRIPTS.map((name) => [name, asset(name, 'js')])) as Readonly<
  Record<Script, string>
>;

@Controller('assets')
export class AssetsController {
  @Get(':name')
  send(@Param('name') name: string, @Res() reply: FastifyReply): void {
    const found = byAddress.get(name);
    if (!found) throw new NotFoundException();
    void reply.header('Cache-Control', 'public, max-age=31536000, immutable').type(found.type).send(found.content);
  }
}
