// CPython as WebAssembly, run as its command line is: node webassembly.mjs PACKAGE FOLDERS ARGUMENT...
// PACKAGE is the folder of the npm package, FOLDERS a JSON list of those that Python sees, at their
// own paths. The variables of the environment are Python's.
import { pathToFileURL } from "node:url";

const [place, folders, ...args] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${place}/pyodide.mjs`).href);

const outermost = JSON.parse(folders).filter(
  (one, at, all) => all.indexOf(one) === at && !all.some((other) => one.startsWith(`${other}/`)),
);

const python = await loadPyodide({
  args,
  env: { ...process.env, PYTHONINSPECT: "" },
  indexURL: `${place}/`,
  fsInit: async (files) => {
    for (const folder of outermost) {
      files.mkdirTree(folder);
      files.mount(files.filesystems.NODEFS, { root: folder }, folder);
    }
  },
});

let status = 1;
try {
  status = python._module._run_main();
} catch (error) {
  if (typeof error?.status !== "number") throw error; // else it is sys.exit
  status = error.status;
}
process.exitCode = status;
