import { Module } from '@nestjs/common';
import { DemoService } from './demo.service.js';

/** The demo project and the link into it. Needs the ports `DemoProject`, `DocumentContents` and `SignInLinks`. */
@Module({ providers: [DemoService], exports: [DemoService] })
export class DemoModule {}
