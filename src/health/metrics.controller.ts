import { Controller, Get, Headers, NotFoundException, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Config } from '../config/config.js';
import { Metrics } from '../http/metrics.js';
import { hashSecret, sameBytes } from '../oauth/secret.js';

/** For Prometheus, with the token of METRICS_TOKEN; without one there is nothing here. */
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly config: Config,
  ) {}

  @Get()
  async read(@Headers('authorization') authorization: string | undefined, @Res() reply: FastifyReply): Promise<void> {
    const { metricsToken } = this.config;
    if (metricsToken === undefined) throw new NotFoundException();
    if (!sameBytes(hashSecret(authorization ?? ''), hashSecret(`Bearer ${metricsToken}`))) {
      return void (await reply.status(401).header('WWW-Authenticate', 'Bearer').send());
    }
    const { type, text } = await this.metrics.read();
    await reply.header('Cache-Control', 'no-store').type(type).send(text);
  }
}
