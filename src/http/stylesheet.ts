import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Controller, Get, NotFoundException, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

const CSS = readFileSync(fileURLToPath(new URL('../../public/style.css', import.meta.url)));
const NAME = `style.${createHash('sha256').update(CSS).digest('hex').slice(0, 16)}.css`;

/** The one asset of all pages. Its name is its content, so a browser may keep it for ever. */
export const STYLESHEET = `/assets/${NAME}`;

@Controller('assets')
export class StylesheetController {
  @Get(':name')
  stylesheet(@Param('name') name: string, @Res() reply: FastifyReply): void {
    if (name !== NAME) throw new NotFoundException();
    void reply.header('Cache-Control', 'public, max-age=31536000, immutable').type('text/css; charset=utf-8').send(CSS);
  }
}
