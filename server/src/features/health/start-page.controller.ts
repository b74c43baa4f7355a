import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '../../platform/http/public.decorator.js';

/** What stands at `/` as long as the playground is not built; the built one is served before any route. */
const PAGE = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Tandem</title>
<h1>Tandem is running</h1>
<p>Its web page has not been built: run <code>npm run build</code>, then load this page again.</p>
<p>The REST interface is described at <a href="/api/docs">/api/docs</a>.</p>
</html>
`;

@ApiExcludeController()
@Controller()
@Public()
export class StartPageController {
  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Cache-Control', 'no-store')
  page(): string {
    return PAGE;
  }
}
