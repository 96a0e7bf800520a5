"""What a flow tells people: live lines and progress, tables, pictures, links, notifications."""
