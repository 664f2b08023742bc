"""The page "Beside other packages", with the packages: in an environment of its own."""
