package main

// A library is an npm package and the modules we take from it.
type library struct {
	Name    string
	Version string
	Modules []module
}

// A module is one file of a package, served under another name.
type module struct {
	Path   string // in the tarball, below package/
	As     string // in assets/vendor
	Import string // the bare specifier that means this module
}

// packages is everything the page uses that we did not write. Each module has
// one name here and every import of it is rewritten to that name, so there is
// exactly one copy of Preact however many libraries import it.
var packages = []library{
	{"preact", "11.2.0", []module{
		{"dist/preact.mjs", "preact.mjs", "preact"},
		{"hooks/dist/hooks.mjs", "preact-hooks.mjs", "preact/hooks"},
	}},
	{"@preact/signals-core", "1.14.5", []module{
		{"dist/signals-core.mjs", "signals-core.mjs", "@preact/signals-core"},
	}},
	{"@preact/signals", "2.11.4", []module{
		{"dist/signals.mjs", "signals.mjs", "@preact/signals"},
	}},
	{"htm", "3.1.1", []module{
		{"dist/htm.mjs", "htm.mjs", "htm"},
	}},
}

// moduleNames maps each bare specifier to its file in assets/vendor.
func moduleNames() map[string]string {
	names := make(map[string]string)
	for _, p := range packages {
		for _, m := range p.Modules {
			names[m.Import] = m.As
		}
	}
	return names
}
