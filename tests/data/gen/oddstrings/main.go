// Names that a reader may trip over, in tasks, regions and logs: empty, with
// NUL, control and line feed characters, not UTF-8, right-to-left, combining,
// wide, markup, terminal escapes, and longer than a string may be in a trace.
package main

import (
	"context"
	"log"
	"os"
	"runtime/trace"
	"strings"
)

var odd = []string{
	"",
	" ",
	"nul\x00inside",
	"line\nfeed, tab\tand \"quotes\" 'both' \\ `ticks`",
	"not UTF-8: \xff\xfe\xc3\x28\xed\xa0\x80",
	"cut in the middle of a rune: \xe2\x82",
	"right to left: \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
	"overridden: \u202egnirts\u202c",
	"combining: e\u0301 Z\u0351\u036b\u0343\u036a\u0302",
	"wide: \u4f60\u597d \u3053\u3093\u306b\u3061\u306f \U0001f469\u200d\U0001f469\u200d\U0001f467",
	"byte order mark: \ufeff, soft hyphen: \u00ad, zero width: \u200b",
	"<b onclick=\"alert(1)\">markup</b> &amp; %s %d {} ${HOME}",
	"\x1b[31mterminal\x1b[0m \a\b\x7f",
	"1024 bytes: " + strings.Repeat("x", 1024-12),
	"1025 bytes: " + strings.Repeat("y", 1025-12),
	"cut in a rune: " + strings.Repeat("\u20ac", 400),
}

func main() {
	if err := trace.Start(os.Stdout); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()

	for i, s := range odd {
		ctx, task := trace.NewTask(context.Background(), s)
		region := trace.StartRegion(ctx, s)
		trace.Log(ctx, s, odd[len(odd)-1-i])
		region.End()
		task.End()
	}
}
