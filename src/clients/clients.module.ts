import { Global, Module } from '@nestjs/common';
import { Clients } from './clients.service.js';
import { DynamicClients } from './dynamic-clients.js';

@Global()
@Module({ providers: [Clients, DynamicClients], exports: [Clients, DynamicClients] })
export class ClientsModule {}
