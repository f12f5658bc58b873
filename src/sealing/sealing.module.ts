import { Global, Module } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { Sealing } from './sealing.service.js';
import { loadSecrets } from './secrets.js';

@Global()
@Module({
  providers: [
    {
      provide: Sealing,
      inject: [Config, Clock],
      useFactory: (config: Config, clock: Clock) => new Sealing(loadSecrets(config), clock),
    },
  ],
  exports: [Sealing],
})
export class SealingModule {}
