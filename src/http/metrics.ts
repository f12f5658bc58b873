import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { Config } from '../config/config.js';
import { Recorder } from '../recorder/recorder.service.js';

/**
 * What an operator watches, for Prometheus. Labels are bounded (routes, statuses, error codes) and never an id of
 * anybody.
 */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();
  private readonly requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Answers by method, route and status, and how long they took',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [this.registry],
  });
  private readonly refusals = new Counter({
    name: 'oauth_refusals_total',
    help: 'Refusals of the OAuth endpoints by error code',
    labelNames: ['error'] as const,
    registers: [this.registry],
  });
  private readonly enabled: boolean;

  constructor(config: Config, recorder: Recorder) {
    this.enabled = config.metricsToken !== undefined;
    if (!this.enabled) return;
    collectDefaultMetrics({ register: this.registry });
    const dropped = new Gauge({
      name: 'recorder_dropped_steps',
      help: 'Steps of attempts to connect that were not recorded since the start',
      registers: [],
      collect() {
        this.set(recorder.dropped);
      },
    });
    this.registry.registerMetric(dropped);
  }

  /** `route`: as it was declared, undefined where there is none. `milliseconds`: from the first byte to the last. */
  answered(method: string, route: string | undefined, status: number, milliseconds: number): void {
    if (this.enabled) this.requests.observe({ method, route: route ?? 'none', status }, milliseconds / 1000);
  }

  refused(error: string): void {
    if (this.enabled) this.refusals.inc({ error });
  }

  /** The exposition format, and its content type. */
  async read(): Promise<{ type: string; text: string }> {
    return { type: this.registry.contentType, text: await this.registry.metrics() };
  }
}
