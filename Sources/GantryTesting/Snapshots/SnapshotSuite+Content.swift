import GantryCore
import GantrySystem

extension SnapshotSuite {
    static let content: [SnapshotCheck] = [
        SnapshotCheck("files change from layer to layer, and lower layers keep theirs") { bench in
            try bench.layer("1", on: nil) { path in
                try Tree.write(path + "/foo", "one")
                try Tree.makeDirectory(path + "/a")
                try Tree.write(path + "/a/bar", "one")
            }
            try bench.layer("2", on: "1") { path in
                try Tree.write(path + "/foo", "two")
                try Tree.makeDirectory(path + "/a/b")
                try Tree.write(path + "/a/b/new", "two")
            }
            try bench.layer("3", on: "2") { try Tree.write($0 + "/a/bar", "three") }
            try bench.require(
                "3", shows: ["d a", "d a/b", "f a/b/new=two", "f a/bar=three", "f foo=two"])
            try bench.require("1", shows: ["d a", "f a/bar=one", "f foo=one"])
        },
        SnapshotCheck("a directory of a lower layer is removed, and made again empty") { bench in
            try bench.layer("1", on: nil) { path in
                try Tree.makeDirectory(path + "/d")
                try Tree.write(path + "/d/a", "a")
                try Tree.write(path + "/keep", "k")
            }
            try bench.layer("2", on: "1") { try Directory.removeTree($0 + "/d") }
            try bench.require("2", shows: ["f keep=k"])
            try bench.layer("3", on: "2") { path in
                try Tree.makeDirectory(path + "/d")
                try Tree.write(path + "/d/b", "b")
            }
            try bench.require("3", shows: ["d d", "f d/b=b", "f keep=k"])
            try bench.layer("again", on: "1") { path in
                try Directory.removeTree(path + "/d")
                try Tree.makeDirectory(path + "/d")
            }
            try bench.require("again", shows: ["d d", "f keep=k"])
        },
        SnapshotCheck("files deleted in a child are there in the parent") { bench in
            try bench.layer("1", on: nil) { path in
                try Tree.write(path + "/foo", "foo")
                try Tree.makeDirectory(path + "/a")
                try Tree.write(path + "/a/bar", "bar")
            }
            try bench.layer("2", on: "1") { path in
                try Path.unlink(path + "/foo")
                try Path.unlink(path + "/a/bar")
            }
            try bench.require("2", shows: ["d a"])
            try bench.require("1", shows: ["d a", "f a/bar=bar", "f foo=foo"])
            try bench.layer("3", on: "2") { try Tree.write($0 + "/foo", "new") }
            try bench.require("3", shows: ["d a", "f foo=new"])
        },
        SnapshotCheck("a file of a lower layer is moved") { bench in
            try bench.layer("1", on: nil) { path in
                try Tree.makeDirectory(path + "/dir")
                try Tree.write(path + "/dir/f", "f", mode: 0o700)
            }
            try bench.layer("2", on: "1") { path in
                try Tree.rename(path + "/dir/f", path + "/moved")
                try Tree.rename(path + "/moved", path + "/dir/g")
            }
            try bench.require("2", shows: ["d dir", "f 700 0:0 dir/g=f"])
        },
        SnapshotCheck("directories are renamed, in one layer and over another") { bench in
            try bench.layer("1", on: nil) { path in
                try Tree.makeDirectory(path + "/a")
                try Tree.write(path + "/a/f", "1")
                try Tree.rename(path + "/a", path + "/b")
            }
            try bench.require("1", shows: ["d b", "f b/f=1"])
            try bench.layer("2", on: "1") { path in
                // A directory that a lower layer has cannot be renamed without redirects: programs then copy it.
                try Tree.makeDirectory(path + "/c")
                try Tree.rename(path + "/b/f", path + "/c/f")
                try Path.removeDirectory(path + "/b")
                try Tree.rename(path + "/c", path + "/b")
            }
            try bench.require("2", shows: ["d b", "f b/f=1"])
        },
        SnapshotCheck("a file becomes a directory, and a directory a link") { bench in
            try bench.layer("1", on: nil) { path in
                try Tree.write(path + "/x", "x")
                try Tree.makeDirectory(path + "/y")
                try Tree.write(path + "/y/z", "z")
            }
            try bench.layer("2", on: "1") { path in
                try Path.unlink(path + "/x")
                try Tree.makeDirectory(path + "/x")
                try Tree.write(path + "/x/in", "in")
                try Directory.removeTree(path + "/y")
                try Path.symlink("x", as: path + "/y")
            }
            try bench.require("2", shows: ["d x", "f x/in=in", "l y->x"])
        },
        SnapshotCheck("siblings do not see each other") { bench in
            try bench.layer("1", on: nil) { try Tree.write($0 + "/f", "base") }
            try bench.active("a", on: "1") { try Tree.write($0 + "/f", "a") }
            try bench.active("b", on: "1") { path in
                try requireEqual(Tree.read(path + "/f"), "base", "what a sibling wrote")
                try Tree.write(path + "/f", "b")
            }
            try bench.mounted(bench.layers.mounts("a")) { path in
                try requireEqual(Tree.read(path + "/f"), "a", "after the sibling wrote")
            }
        },
    ]
}
