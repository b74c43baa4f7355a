/** Written for this purpose: what style sheets often say. */
export const CSS = `:root {
  --background: #ffffff;
  --text: #222222;
  --accent: #0066cc;
}

*,
*::before,
*::after {
  box-sizing: border-box;
}

html,
body {
  margin: 0;
  padding: 0;
  height: 100%;
}

body {
  margin: 0;
  font-family: system-ui, sans-serif;
  line-height: 1.5;
  color: var(--text);
  background: var(--background);
}

.container {
  max-width: 960px;
  margin: 0 auto;
  padding: 1rem;
}

.row {
  display: flex;
  align-items: center;
  justify-content: space-between;
  gap: 1rem;
}

.column {
  display: flex;
  flex-direction: column;
  gap: 0.5rem;
}

.grid {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(200px, 1fr));
  gap: 1rem;
}

.center {
  display: flex;
  align-items: center;
  justify-content: center;
}

.card {
  position: relative;
  padding: 1rem;
  border: 1px solid #dddddd;
  border-radius: 8px;
  box-shadow: 0 2px 8px rgba(0, 0, 0, 0.1);
}

.overlay {
  position: absolute;
  top: 0;
  left: 0;
  width: 100%;
  height: 100%;
  z-index: 10;
  overflow: hidden;
}

button {
  padding: 0.5rem 1rem;
  border: none;
  border-radius: 4px;
  background-color: var(--accent);
  color: #ffffff;
  cursor: pointer;
  transition: background-color 0.2s ease;
}

button:hover {
  opacity: 0.9;
}

a {
  color: inherit;
  text-decoration: none;
}

ul {
  list-style: none;
  margin: 0;
  padding: 0;
}

img {
  max-width: 100%;
  height: auto;
}

h1 {
  font-size: 2rem;
  font-weight: bold;
  text-align: center;
}

@media (max-width: 600px) {
  .grid {
    grid-template-columns: 1fr;
  }
}

@keyframes spin {
  from {
    transform: rotate(0deg);
  }
  to {
    transform: rotate(360deg);
  }
}
`;

/** Written for this purpose: what pages often say. */
export const HTML = `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="description" content="" />
    <title>Title</title>
    <link rel="stylesheet" href="style.css" />
    <link rel="icon" href="favicon.ico" />
    <script type="module" src="main.js"></script>
  </head>
  <body>
    <header>
      <nav>
        <ul>
          <li><a href="index.html">Home</a></li>
          <li><a href="about.html">About</a></li>
        </ul>
      </nav>
    </header>
    <main id="app" class="container">
      <h1>Title</h1>
      <p>Text</p>
      <img src="image.png" alt="" />
      <form action="/" method="post">
        <label for="name">Name</label>
        <input type="text" id="name" name="name" placeholder="Name" required />
        <input type="email" id="email" name="email" required />
        <button type="submit">Send</button>
      </form>
      <table>
        <thead>
          <tr>
            <th>Name</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <td>Value</td>
          </tr>
        </tbody>
      </table>
    </main>
    <footer>
      <p>Text</p>
    </footer>
    <script src="main.js"></script>
  </body>
</html>
`;

/** Written for this purpose: what configuration in JSON often says. */
export const JSON_TEXT = `{
  "name": "app",
  "version": "1.0.0",
  "private": true,
  "description": "",
  "license": "MIT",
  "type": "module",
  "main": "index.js",
  "scripts": {
    "build": "tsc",
    "dev": "vite",
    "start": "node index.js",
    "test": "jest"
  },
  "dependencies": {},
  "devDependencies": {}
}
{
  "compilerOptions": {
    "target": "ES2022",
    "module": "NodeNext",
    "moduleResolution": "NodeNext",
    "strict": true,
    "esModuleInterop": true,
    "skipLibCheck": true,
    "outDir": "dist",
    "rootDir": "src"
  },
  "include": ["src"],
  "exclude": ["node_modules"]
}
`;
