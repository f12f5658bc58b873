import { Global, Module } from '@nestjs/common';
import { Clients } from './clients.service.js';
import { DynamicClients } from './dynamic-clients.js';
import { RegisteredClients } from './registered-clients.js';

@Global()
@Module({ providers: [Clients, DynamicClients, RegisteredClients], exports: [Clients, DynamicClients] })
export class ClientsModule {}
