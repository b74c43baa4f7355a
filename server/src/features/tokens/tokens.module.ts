import { Module } from '@nestjs/common';
import { PersonalTokenDesk } from './personal-token-desk.js';
import { TokensController } from './tokens.controller.js';

@Module({ controllers: [TokensController], providers: [PersonalTokenDesk] })
export class TokensModule {}
