import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Clock } from './clock.js';
import { Config } from './config.js';
import { Outbound } from './outbound.js';

/** What is outside this process: time and other servers. Tests bring their own. */
export interface Outside {
  readonly clock?: Clock;
  readonly outbound?: Outbound;
}

@Global()
@Module({})
export class ConfigModule {
  static with(config: Config, { clock = new Clock(), outbound = new Outbound() }: Outside = {}): DynamicModule {
    const providers = [
      { provide: Config, useValue: config },
      { provide: Clock, useValue: clock },
      { provide: Outbound, useValue: outbound },
    ];
    return { module: ConfigModule, providers, exports: [Config, Clock, Outbound] };
  }
}
