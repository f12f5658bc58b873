import { Controller, Get, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { PATHS } from '../config/paths.js';
import { Finding } from '../oauth/finding.js';
import { OAuthError } from '../oauth/oauth-error.js';
import { RevocationFeed } from './revocation-feed.js';

/** The revocation feed. It names connections by their `sid` only, so anybody may read it, and any cache may hold it. */
@Controller(PATHS.revocationFeed)
export class RevocationFeedController {
  constructor(private readonly feed: RevocationFeed) {}

  @Get()
  async page(@Query('since') since: unknown, @Res() reply: FastifyReply): Promise<void> {
    if (since !== undefined && typeof since !== 'string')
      throw new OAuthError('invalid_request', 'since is repeated', new Finding('feed-position', { since }));
    const page = this.feed.page(since);
    await reply.type('application/jwt').header('Cache-Control', 'public, max-age=1').send(page);
  }
}
